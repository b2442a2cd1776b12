import { hostname } from 'node:os'

/** Tells this worker from those of other machines, and from others of this one. */
export function defaultWorkerName(): string {
  return `${hostname()}-${process.pid}`
}
