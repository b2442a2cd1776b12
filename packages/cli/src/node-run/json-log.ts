/**
 * Lines as pino writes them, for whatever reads those.
 * https://github.com/pinojs/pino/blob/main/docs/api.md
 * @module
 */

import { closeSync, openSync, renameSync, statSync, writeSync } from 'node:fs'
import { hostname } from 'node:os'
import type { Clock, Logger } from '@sapwood/transport-v1v2/environment'
import { bytesToHex } from '@sapwood/wire-codec'
import { printableJson } from '../terminal/printable.ts'

/** Pino's numbers of the levels. */
const LEVELS = { debug: 20, info: 30, warn: 40, error: 50 } as const
type Level = keyof typeof LEVELS

/** Bytes of a log, past which it is put aside at the next start (Core, `-shrinkdebugfile`). */
const MAX_LOG = 10_000_000
/** Bytes of binary fields that are written. */
const SHOWN_BYTES = 64

/** The node's log. */
export interface JsonLog extends Logger {
  /** Whether details are written. */
  enabled: boolean
  close(): void
}

/** @param file Is appended to. @param also Is told of each line, its end included. */
export function openLog(file: string, clock: Clock, debug: boolean, also?: (line: string) => void): JsonLog {
  putAside(file)
  const descriptor = openSync(file, 'a')
  const facts = { pid: process.pid, hostname: hostname() }
  const write = (level: Level, fields: object, msg: string): void => {
    const time = Math.floor(clock.wallTime())
    const text = JSON.stringify({ level: LEVELS[level], time, ...facts, ...fields, msg }, plain)
    // It goes to terminals too, and errors have the words of others in them.
    const line = `${printableJson(text)}\n`
    try {
      writeSync(descriptor, line)
    } catch {
      // A full disk is the store's to tell of: the log is no reason to end.
    }
    also?.(line)
  }
  const log: JsonLog = {
    enabled: debug,
    debug: (fields, message) => {
      if (log.enabled) write('debug', fields, message)
    },
    info: (fields, message) => write('info', fields, message),
    warn: (fields, message) => write('warn', fields, message),
    error: (fields, message) => write('error', fields, message),
    close: () => closeSync(descriptor),
  }
  return log
}

function putAside(file: string): void {
  const found = statSync(file, { throwIfNoEntry: false })
  if (found !== undefined && found.size > MAX_LOG) renameSync(file, `${file}.1`)
}

function plain(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Uint8Array) {
    return bytesToHex(value.subarray(0, SHOWN_BYTES)) + (value.length > SHOWN_BYTES ? '…' : '')
  }
  if (value instanceof Error) {
    return { ...(value as object), type: value.name, message: value.message, stack: value.stack }
  }
  return value
}
