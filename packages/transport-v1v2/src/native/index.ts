export { nativeBackend } from './native-backend.ts'
