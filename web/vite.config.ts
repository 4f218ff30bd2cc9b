import { defineConfig } from 'vitest/config';

// Nothing is inlined, so that a policy without 'unsafe-inline' and data: holds (docs/studio.md).
export default defineConfig({
  base: './',
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false }, reportCompressedSize: false },
  server: { proxy: { '^/(v1|health|metrics|openapi)': process.env.UPDRAFT_URL ?? 'http://127.0.0.1:8080' } },
  test: { include: ['src/**/*.test.ts'], environment: 'node', testTimeout: 30_000 },
});
