export {
  type ObserveComponents,
  type ObservedNode,
  type ObservedSubject,
  observeNode,
} from './observe-node.ts'
