// A button with a small panel below it; on a phone the panel is a sheet at the lower edge.
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';

interface Props {
  button: ComponentChildren;
  label: string; // of the panel
  buttonLabel?: string;
  class?: string;
  children: (close: () => void) => ComponentChildren;
}

export function Popover({ button, label, buttonLabel, class: name = '', children }: Props) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const trigger = useRef<HTMLButtonElement>(null);
  const id = useId();
  const close = () => {
    setOpen(false);
    trigger.current?.focus();
  };

  useEffect(() => {
    if (!open) return;
    const panel = root.current?.querySelector<HTMLElement>('.panel');
    panel?.querySelector<HTMLElement>('[data-first], input, select, button')?.focus();
    // It stays inside the window.
    if (panel && getComputedStyle(panel).position === 'absolute') {
      const over = panel.getBoundingClientRect().right - document.documentElement.clientWidth + 16;
      if (over > 0) panel.style.left = `${-over}px`;
    }
    const outside = (event: PointerEvent) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, [open]);

  return (
    <div
      class={`popover ${name}`}
      ref={root}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open) return;
        event.stopPropagation();
        close();
      }}
      onFocusOut={(event) => {
        const to = event.relatedTarget as Node | null;
        if (to && !root.current?.contains(to)) setOpen(false);
      }}
    >
      <button
        type="button"
        class="popover-button"
        ref={trigger}
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        aria-label={buttonLabel}
        onClick={() => setOpen(!open)}
      >
        {button}
      </button>
      {open && (
        <div class="panel" id={id} role="group" aria-label={label}>
          {children(close)}
        </div>
      )}
    </div>
  );
}
