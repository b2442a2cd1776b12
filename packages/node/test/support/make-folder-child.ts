import { isNodeError } from '../../src/errors/node-error.ts'
import { makeFolder } from '../../src/store/make-folder.node.ts'

try {
  await makeFolder(process.argv[2]!)
  console.log('made')
} catch (error) {
  console.log(isNodeError(error) ? error.code : String(error))
}
