import { expect, test } from "vitest";
import { linkOfProxy, proxyNameOf } from "./proxy-name.ts";

const names = [
  ["k6/1->proxy/1:http", "k6-1.to.proxy-1.http"],
  ["peers->etcd/2:peer", "peers.to.etcd-2.peer"],
  ["player/mobile-4g->gateway/12:grpc", "player-mobile-4g.to.gateway-12.grpc"],
  ["gateway/1->valkey/3:client-tls", "gateway-1.to.valkey-3.client-tls"],
] as const;

test.each(names)("the proxy of %s is %s, and the other way round", (link, proxy) => {
  expect(proxyNameOf(link)).toBe(proxy);
  expect(linkOfProxy(proxy)).toBe(link);
  expect(encodeURIComponent(proxy)).toBe(proxy);
});

test("an id that could share its name with another link is refused", () => {
  for (const id of ["my-kind/1->proxy/1:http", "k6/1->proxy.to/1:http", "k6/1:http"]) {
    expect(() => proxyNameOf(id)).toThrow("FROM->TO:PORT");
  }
});
