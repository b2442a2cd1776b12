import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Clock } from '@sapwood/transport-v1v2/environment'
import { type Driver, DriverError } from './driver.ts'
import { openExecutableDriver } from './executable-driver.ts'
import { openRpcDriver } from './rpc-driver.ts'

/** Longest that a driver may take until it can be asked, in milliseconds. */
const OPEN_TIMEOUT = 30_000
/** Files that are imported, and not run. */
const MODULE = /\.[cm]?[jt]s$/

/** How a driver reaches the node that is tested. */
export interface OpenDriverOptions {
  readonly clock: Clock
  /** For bitcoind's RPC. */
  readonly cookieFile?: string
  /** Milliseconds that an executable may take until it has said what it can do. Default: 30,000. */
  readonly timeout?: number
}

/**
 * Opens a driver by how the command line names it.
 * @param name `rpc` or a URL: bitcoind's RPC. A file that ends like a module of JavaScript or TypeScript: its
 * default export is a `Driver`, or a function that makes one. Any other file: an executable.
 * @throws DriverError `unusable`
 */
export async function openDriver(
  name: string,
  { clock, cookieFile, timeout = OPEN_TIMEOUT }: OpenDriverOptions,
): Promise<Driver> {
  const cookie = cookieFile === undefined ? {} : { cookieFile }
  if (name === 'rpc') return await openRpcDriver(cookie)
  if (/^[a-z]+:\/\//i.test(name)) return await openRpcDriver({ url: name, ...cookie })
  return MODULE.test(name) ? await openModuleDriver(name) : await openExecutableDriver(name, clock, timeout)
}

async function openModuleDriver(path: string): Promise<Driver> {
  let made: unknown
  try {
    const module = (await import(pathToFileURL(resolve(path)).href)) as { readonly default?: unknown }
    made = typeof module.default === 'function' ? await (module.default as () => unknown)() : module.default
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new DriverError('unusable', `${path}: ${why}`, { cause: error })
  }
  if (typeof made !== 'object' || made === null) {
    throw new DriverError('unusable', `${path}: its default export is no driver, and makes none`)
  }
  for (const method of ['mine', 'setTime', 'pay', 'close'] as const) {
    const value = (made as Record<string, unknown>)[method]
    if (value === undefined || typeof value === 'function') continue
    throw new DriverError('unusable', `${path}: '${method}' of the driver is no function`)
  }
  return made
}
