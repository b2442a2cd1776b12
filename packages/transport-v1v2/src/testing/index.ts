export { createSeededRandom } from './seeded-random.ts'
export {
  createVirtualClock,
  DEFAULT_VIRTUAL_START,
  type VirtualClock,
  type VirtualClockOptions,
} from './virtual-clock.ts'
