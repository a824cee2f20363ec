/** The platforms that have a package with the native library, `@maxsimd/native-<platform>`. */
export const PLATFORMS: readonly string[] = [
  "linux-x64-gnu",
  "linux-arm64-gnu",
  "linux-x64-musl",
  "linux-arm64-musl",
  "darwin-arm64",
];

/** What decides which library a process can load. */
export interface Host {
  platform: string;
  arch: string;
  report: { getReport(): object };
}

/** The name of a process's platform: system and processor, and on Linux the C library, `gnu` or `musl`. */
export function platformOf({ platform, arch, report }: Host): string {
  const system = `${platform}-${arch}`;
  if (platform !== "linux") return system;
  // Node names the version of glibc that it runs with; with musl there is no such entry.
  const { header } = report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return `${system}-${header?.glibcVersionRuntime === undefined ? "musl" : "gnu"}`;
}
