import { defineConfig } from 'vitest/config';

// One browser after the other: the machine may be small.
export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'], globalSetup: ['tests/document.ts'], testTimeout: 60_000, hookTimeout: 60_000, fileParallelism: false,
    expect: { poll: { timeout: 15_000 } },
  },
});
