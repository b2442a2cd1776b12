export {
  describeKeyValueStore,
  type KeyValueStoreConformance,
  type KeyValueStoreFixture,
} from './store/describe-key-value-store.ts'
export {
  describeListener,
  type ListenerConformance,
  type ListenerFixture,
} from './connections/describe-listener.ts'
