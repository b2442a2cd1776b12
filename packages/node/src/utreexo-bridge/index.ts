export type {
  UtreexoBridge,
  UtreexoBridgeComponents,
  UtreexoBridgeInfo,
  UtreexoBridgeOptions,
} from './bridge-options.ts'
export { createUtreexoBridge } from './utreexo-bridge.ts'
