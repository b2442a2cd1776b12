/** What the packages log through; `pino` and `console` both fit. Never given a secret. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

const ignore = (): void => undefined

/** Logs nothing: the default everywhere. */
export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore }
