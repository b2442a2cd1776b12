export {
  createScriptedV2,
  type OpenedPacket,
  type ScriptedV2,
  type ScriptedV2Options,
  type ScriptedV2Progress,
  type SealOptions,
} from './scripted-v2.ts'
export { createSeededRandom } from './seeded-random.ts'
export {
  createVirtualClock,
  DEFAULT_VIRTUAL_START,
  type VirtualClock,
  type VirtualClockOptions,
} from './virtual-clock.ts'
