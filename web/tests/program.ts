// The program itself: UPDRAFT_PROGRAM names it. Its server, on a port of 127.0.0.1, and its other commands.
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const program = process.env.UPDRAFT_PROGRAM ?? '';
const studio = fileURLToPath(new URL('../dist', import.meta.url));

// What it prints. Error: it fails, with what it said.
export async function run(...args: string[]): Promise<string> {
  return (await promisify(execFile)(program, args)).stdout;
}

export class Server {
  private process: ChildProcess | null = null;
  url = '';

  constructor(private readonly args: string[], private readonly environment: NodeJS.ProcessEnv = {}) {}

  async start(): Promise<void> {
    if (program === '') throw new Error('UPDRAFT_PROGRAM names no program');
    const port = this.url === '' ? '0' : new URL(this.url).port; // the one it had
    // A busy machine shall not decide a test: nothing is given up.
    const args = ['serve', '--port', port, '--studio', studio, '--request-seconds', '3600', '--quiet', ...this.args];
    this.process = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...this.environment } });
    for await (const line of createInterface(this.process.stdout!)) {
      this.url = line.replace(/\/$/, '');
      return;
    }
    throw new Error(`${program} ${args.join(' ')} does not start`);
  }

  // With SIGTERM it lets requests end. Gives its exit code; null: the signal ended it.
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const process = this.process;
    if (!process || process.exitCode !== null || process.signalCode !== null) return process?.exitCode ?? null;
    const ended = new Promise<number | null>((resolve) => process.once('exit', resolve));
    process.kill(signal);
    return ended;
  }
}
