import type { Logger } from '@sapwood/transport-v1v2/environment'

type Level = keyof Logger

/**
 * A program's logger as the node may call it anywhere: what it throws or rejects with is lost,
 * and nothing else is.
 */
export function guardedLogger(logger: Logger): Logger {
  return {
    debug: guarded(logger, 'debug'),
    info: guarded(logger, 'info'),
    warn: guarded(logger, 'warn'),
    error: guarded(logger, 'error'),
  }
}

function guarded(logger: Logger, level: Level): Logger[Level] {
  return (fields, message) => {
    try {
      // One that writes to a file or over a network may answer with a promise, whatever its type says.
      const written: unknown = logger[level](fields, message)
      if (written instanceof Promise) written.catch(() => undefined)
    } catch {
      // There is nobody left to be told.
    }
  }
}
