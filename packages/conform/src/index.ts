export { allCases, diallingCases, listeningCases } from './cases/all-cases.ts'
export {
  type Ability,
  type Driver,
  DriverError,
  type DriverErrorCode,
  isDriverError,
} from './driver/driver.ts'
export { openDriver, type OpenDriverOptions } from './driver/open-driver.ts'
export { openRpcDriver, type RpcDriverOptions } from './driver/rpc-driver.ts'
export type { AskedDriver } from './driver/asked-driver.ts'
export type { ConformCase, DiallingCase, Level, ListeningCase, Need, Source } from './model/conform-case.ts'
export type { Transport } from './model/transport.ts'
export { type CaseResult, counts, type Report, type Verdict } from './model/result.ts'
export type { DiallingStage, ListeningStage } from './model/stage.ts'
export { htmlOf } from './report/html.ts'
export { junitOf } from './report/junit.ts'
export { tapOf } from './report/tap.ts'
export { lineOf, summaryOf } from './report/text.ts'
export { runDialling, type RunDiallingOptions } from './run/run-dialling.ts'
export { runListening, type RunListeningOptions } from './run/run-listening.ts'
export { SUITE_VERSION } from './model/suite-version.ts'
