// Jest runs modules by NODE_OPTIONS=--experimental-vm-modules alone.
export default {
  testMatch: ['**/*.jest.mjs'],
  moduleFileExtensions: ['mjs', 'js'],
  transform: {},
  globalSetup: '@sapwood/integration/global-setup',
}
