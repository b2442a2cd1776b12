import { IntegrationError } from '../errors/integration-error.ts'
import { monotonicTime, sleep } from '../programs/default-sleep.ts'

/** Milliseconds between two looks. */
const LOOK_INTERVAL = 30

/** Looks until something is so. @throws IntegrationError `timeout` */
export async function until(what: string, timeout: number, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = monotonicTime() + timeout
  while (!(await isSo())) {
    if (monotonicTime() > deadline) {
      throw new IntegrationError('timeout', `waited ${timeout} ms in vain for ${what}`, { expected: what })
    }
    await sleep(LOOK_INTERVAL)
  }
}
