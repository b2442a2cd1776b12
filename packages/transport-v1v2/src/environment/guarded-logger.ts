import { type Logger, silentLogger } from './logger.ts'
import { tell } from './tell.ts'

type Level = keyof Logger

/** Those made here: a package hands its own on to the next, and one wrapping is enough. */
const guardedLoggers = new WeakSet<Logger>([silentLogger])

/**
 * A program's logger as it may be called anywhere: what it throws or rejects with is lost,
 * and nothing else is.
 * @param logger default: {@link silentLogger}
 */
export function guardedLogger(logger: Logger = silentLogger): Logger {
  if (guardedLoggers.has(logger)) return logger
  const guarded: Logger = {
    debug: guardedLevel(logger, 'debug'),
    info: guardedLevel(logger, 'info'),
    warn: guardedLevel(logger, 'warn'),
    error: guardedLevel(logger, 'error'),
  }
  guardedLoggers.add(guarded)
  return guarded
}

function guardedLevel(logger: Logger, level: Level): Logger[Level] {
  // There is nobody left to be told.
  const lost = (): void => undefined
  return (fields, message) => tell(lost, () => logger[level](fields, message))
}
