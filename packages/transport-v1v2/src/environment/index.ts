export { AsyncQueue, type AsyncQueueOptions } from './async-queue.ts'
export { addAbortListener, removeAbortListener } from './abort-listener.ts'
export type { CancelTimer, Clock, Instant, TimerOptions, WallTime } from './clock.ts'
export {
  type DeadlineOptions,
  type DeadlineSignal,
  deadlineSignal,
  withDeadline,
} from './deadline.ts'
export { systemClock } from './default-clock.ts'
export { DAY, HOUR, MINUTE, SECOND } from './durations.ts'
export { schedulerFor, systemScheduler } from './default-turn-scheduler.ts'
export { systemRandom } from './default-random.ts'
export { drawBelow, drawExponential, drawUnit, shuffle } from './draw.ts'
export { guardedLogger } from './guarded-logger.ts'
export { holdsMuchMore } from './holds-much-more.ts'
export { type Logger, silentLogger } from './logger.ts'
export type { MemoryAccount, MemoryPurpose, MemoryRank } from './memory-account.ts'
export {
  createMemoryBudget,
  DEFAULT_MEMORY_BUDGET,
  type MemoryAccountOptions,
  type MemoryBudget,
  type MemoryBudgetOptions,
  type MemoryUse,
  unboundedAccount,
} from './memory-budget.ts'
export type { Random } from './random.ts'
export type { Resolver } from './resolver.ts'
export { runningClock } from './running-clock.ts'
export {
  createTurnScheduler,
  type LaneKind,
  type TurnLane,
  type TurnScheduler,
  type TurnSchedulerOptions,
  unhurriedScheduler,
} from './turn-scheduler.ts'
export { isThenable, tell } from './tell.ts'
export { abortReason, untilAborted, whenAborted } from './until-aborted.ts'
export { FewAtOnce } from './few-at-once.ts'
export { WakeUp } from './wake-up.ts'
export { keepTrying, type KeepTryingOptions } from './keep-trying.ts'
