import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{proto,server,bench,test}/**/*.test.ts", "native/binding/**/*.test.ts", "clients/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**", "**/target/**", "bench/{data,out,.cache}/**"],
    // A process for each file: the addon and a server's threads belong to the process.
    pool: "forks",
    maxWorkers: 2,
    // No test waits this long; a machine with both cores busy compiling may.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Workspace packages are reached through links that resolve outside node_modules. Node loads what is built there as it
    // is: transforming it again would give a test another copy than the one the server's worker threads have.
    server: { deps: { external: [/\/dist\/.*\.js$/] } },
  },
});
