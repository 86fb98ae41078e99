/** `127.0.0.1:4000`, for programs and clients that take host and port apart. */
export function addressParts(address: string): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(`tcp://${address}`);
  return { host: hostname, port: Number(port) };
}
