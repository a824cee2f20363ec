import type { Encoder } from "@maxsimd/encoder";
import { EXIT } from "./exit-code.js";
import { CommandFailure } from "./failure.js";
import type { Session } from "./session.js";

/** The package of encoders, which is optional. */
type EncoderPackage = typeof import("@maxsimd/encoder");

/**
 * Opens the encoder of a folder. Settings that are not known are said on standard error.
 *
 * @param threads of one run of the model; 0 = one for each core
 * @throws CommandFailure if the package is not installed, EncoderError for a folder that cannot be used
 */
export async function openEncoder(
  folder: string,
  session: Pick<Session, "err">,
  threads = 0,
  load: () => Promise<EncoderPackage> = () => import("@maxsimd/encoder"),
): Promise<Encoder> {
  const encoder = await (await loadPackage(load)).Encoder.open(folder, threads);
  for (const warning of encoder.warnings) session.err(`maxsimd: ${warning}`);
  return encoder;
}

async function loadPackage(load: () => Promise<EncoderPackage>): Promise<EncoderPackage> {
  try {
    return await load();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code !== "ERR_MODULE_NOT_FOUND" || !message.includes("@maxsimd/encoder")) throw cause;
    const sentence =
      "texts are encoded by the package @maxsimd/encoder, which is not installed: npm install @maxsimd/encoder";
    // biome-ignore lint/style/useErrorCause: it is passed, behind the exit code and the message
    throw new CommandFailure(EXIT.FAILURE, sentence, { cause });
  }
}
