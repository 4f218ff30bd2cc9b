// Before the tests: the OpenAPI document, as the program serves it.
import type { TestProject } from 'vitest/node';
import { program, Server } from './program';

declare module 'vitest' {
  export interface ProvidedContext {
    document: Record<string, unknown> | null; // null: there is no program
  }
}

export default async function setup(project: TestProject): Promise<void> {
  if (program === '') return project.provide('document', null);
  const server = new Server([]);
  await server.start();
  try {
    project.provide('document', (await (await fetch(`${server.url}/openapi.json`)).json()) as Record<string, unknown>);
  } finally {
    await server.stop('SIGKILL');
  }
}
