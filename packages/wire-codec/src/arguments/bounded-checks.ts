import { argument, type ArgumentCheck } from './argument-check.ts'
import { describeValue } from './describe-value.ts'

/** A whole number within bounds, both of which it may be. */
export function wholeNumber(least: number, most: number = Number.MAX_SAFE_INTEGER): ArgumentCheck {
  const bounds = most === Number.MAX_SAFE_INTEGER ? `, ${least} or more` : ` from ${least} to ${most}`
  return argument(
    `a whole number${bounds}`,
    (value) => Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most,
  )
}

/** A number without which nothing would ever be done. `Infinity` for no bound. */
export const aNumberAboveZero: ArgumentCheck = argument(
  'a number above 0',
  (value) => typeof value === 'number' && value > 0,
)

/** Where something is reached. */
export const aPort: ArgumentCheck = wholeNumber(0, 0xffff)

/** Values by names that are not known beforehand, each as the check has it. */
export function recordOf(check: ArgumentCheck): ArgumentCheck {
  return (value, path) => {
    if (typeof value !== 'object' || value === null)
      return `${path}: expected an object, got ${describeValue(value)}`
    for (const [name, each] of Object.entries(value)) {
      const fault = each === undefined ? undefined : check(each, `${path}.${name}`)
      if (fault !== undefined) return fault
    }
    return undefined
  }
}
