export {
  type BlockCheckWorkerComponents,
  type BlockCheckWorkerOptions,
  type BlockCheckWorkers,
  createBlockCheckWorkers,
} from './check-workers.ts'
