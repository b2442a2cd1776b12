import { keysOf } from './keys.ts'
import { printable } from './printable.ts'
import type { Screen, ScreenLine } from './screen.ts'

/** Another screen beside the one with what was said before, without a cursor; and back. */
const ENTER = '\x1b[?1049h\x1b[?25l'
const LEAVE = '\x1b[?25h\x1b[?1049l'
const HOME = '\x1b[H'
const CLEAR_LINE = '\x1b[K'
const CLEAR_BELOW = '\x1b[J'
const STYLES: Readonly<Record<NonNullable<ScreenLine['style']>, string>> = {
  inverse: '\x1b[7m',
  bold: '\x1b[1m',
  dim: '\x1b[2m',
}
const PLAIN = '\x1b[0m'

/** The process's own terminal. It is given back however the process ends. */
export function openProcessScreen(): Screen {
  const { stdin, stdout } = process
  let isOpen = true
  const close = (): void => {
    if (!isOpen) return
    isOpen = false
    process.off('exit', close)
    stdin.setRawMode(false)
    stdin.pause()
    stdout.write(LEAVE)
  }
  process.on('exit', close)
  stdin.setRawMode(true)
  stdin.resume()
  stdout.write(ENTER)
  return {
    get columns() {
      return stdout.columns
    },
    get rows() {
      return stdout.rows
    },
    draw: (lines) => {
      if (!isOpen) return
      const { columns, rows } = stdout
      const shown = lines.slice(0, rows).map(({ text, style }) => {
        const cut = printable(text).slice(0, columns)
        return style === undefined ? cut + CLEAR_LINE : STYLES[style] + cut + PLAIN + CLEAR_LINE
      })
      stdout.write(HOME + shown.join('\r\n') + CLEAR_BELOW)
    },
    onKey: (listener) =>
      stdin.on('data', (data: Buffer) => keysOf(data.toString('utf8')).forEach((key) => listener(key))),
    onResize: (listener) => stdout.on('resize', listener),
    close,
  }
}
