// An npm registry on loopback that has the packed packages and nothing else. With it a rehearsal installs them by name, as after
// a release, and no name of this project is looked up on the network.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { basename, join } from "node:path";
import { STAGED } from "./stage.mjs";

/**
 * @param packed what `packAll` returned
 * @returns `npmrc`, the line that sends the scope's packages there, and `close`
 */
export async function startRegistry(packed) {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "").slice(1);
    const found = packed.find(({ name, tarball }) => path === name || path === `tarballs/${basename(tarball)}`);
    if (found === undefined) {
      response.writeHead(404, { "content-type": "application/json" }).end(JSON.stringify({ error: "not found" }));
    } else if (path === found.name) {
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(describe(found, address())));
    } else {
      response.writeHead(200, { "content-type": "application/octet-stream" }).end(readFileSync(found.tarball));
    }
  });
  const address = () => `http://127.0.0.1:${server.address().port}/`;
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    npmrc: `@maxsimd:registry=${address()}\n`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(resolve);
      }),
  };
}

function describe({ name, version, tarball }, address) {
  const manifest = JSON.parse(readFileSync(join(STAGED, name.slice("@maxsimd/".length), "package.json"), "utf8"));
  const digest = createHash("sha512").update(readFileSync(tarball)).digest("base64");
  const dist = { tarball: `${address}tarballs/${basename(tarball)}`, integrity: `sha512-${digest}` };
  return { name, "dist-tags": { latest: version }, versions: { [version]: { ...manifest, dist } } };
}
