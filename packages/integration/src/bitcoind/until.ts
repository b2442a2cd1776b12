import { IntegrationError, type IntegrationErrorDetails } from '../errors/integration-error.ts'
import { monotonicTime, sleep } from '../programs/default-sleep.ts'

/** Milliseconds between two looks. */
const LOOK_INTERVAL = 30

/**
 * Looks until something is so.
 * @param facts Asked, where it is not, for what else the error has to say.
 * @throws IntegrationError `timeout`
 */
export async function until(
  what: string,
  timeout: number,
  isSo: () => Promise<boolean>,
  facts: () => IntegrationErrorDetails = () => ({}),
): Promise<void> {
  const deadline = monotonicTime() + timeout
  while (!(await isSo())) {
    if (monotonicTime() > deadline) {
      const message = `waited ${timeout} ms in vain for ${what}`
      throw new IntegrationError('timeout', message, { expected: what, ...facts() })
    }
    await sleep(LOOK_INTERVAL)
  }
}
