import { play } from './play.ts'
import { seeds } from './seeds.ts'
import type { Target } from './target.ts'

/** A node among peers of which most are not what they should be: see the README beside this file. */
const target: Target = {
  name: 'strangers',
  seeds,
  maxLength: 2_048,
  run: play,
}
export default target
