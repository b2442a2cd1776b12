import { bytesToHex } from '@sapwood/wire-codec'
import type { RawOptions } from '../options/node-options.ts'
import type { Io } from '../terminal/io.ts'
import type { Line, Report } from '../terminal/report.ts'

/** A thing that was fetched, in all the forms that it can be given in. */
interface Gift {
  readonly bytes: () => Uint8Array
  readonly line: () => Line
  readonly text: () => string
}

/** Gives it in the form that was asked for. */
export function give({ bytes, line, text }: Gift, { raw, hex }: RawOptions, io: Io, report: Report): void {
  if (raw === true) io.out(bytes())
  else if (hex === true) io.out(`${bytesToHex(bytes())}\n`)
  else if (report.json) report.line(line(), text)
  else io.out(`${text()}\n`)
}
