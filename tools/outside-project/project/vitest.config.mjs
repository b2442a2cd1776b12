export default { test: { include: ['*.spec.mjs'], globalSetup: ['@sapwood/integration/global-setup'] } }
