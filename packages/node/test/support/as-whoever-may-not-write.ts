/**
 * What a program is started with to be refused where a folder's permissions say so: the superuser without
 * what lets it write anywhere. Not somebody else, who might not read this project.
 */
export const asWhoeverMayNotWrite: readonly string[] =
  process.getuid?.() === 0 ? ['setpriv', '--bounding-set', '-dac_override'] : []
