export {
  describeKeyValueStore,
  type KeyValueStoreConformance,
  type KeyValueStoreFixture,
} from './key-value-store.ts'
export { describeListener, type ListenerConformance, type ListenerFixture } from './listener.ts'
