// Lints texts as if files held them: on standard input a JSON object of texts by their paths, and into the
// file that is its argument what ESLint says of each.
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { ESLint } from 'eslint'

const [, , answer] = process.argv
const root = resolve(import.meta.dirname, '../..')
// As the command: the layer rule reads another graph when it is not.
process.argv[1] = join(root, 'node_modules/eslint/bin/eslint.js')

const eslint = new ESLint({ cwd: root })
const found = {}
for (const [filePath, code] of Object.entries(JSON.parse(await text(process.stdin)))) {
  const [{ messages }] = await eslint.lintText(code, { filePath })
  found[filePath] = messages
}
writeFileSync(answer, JSON.stringify(found))
