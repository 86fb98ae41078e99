/** `node main.ts --listen HOST:PORT [--sabotage NAME]`. SIGTERM ends it. */
import { parseArgs } from "node:util";
import { sabotages, tallyService } from "./tally-service.ts";

const { values } = parseArgs({
  options: { listen: { type: "string", default: "" }, sabotage: { type: "string" } },
});
const [host = "", port = ""] = values.listen.split(":");
const server = tallyService(sabotages.find((name) => name === values.sabotage));
server.listen(Number(port), host);
process.on("SIGTERM", () => {
  server.closeAllConnections();
  server.close();
});
