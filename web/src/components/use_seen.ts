import { useEffect, useRef } from 'preact/hooks';

const seenAfterMs = 600; // at least half of it on the screen: then it was seen

// Of the element that gets the reference; once for each `what`, and never while `off`.
export function useSeen<E extends Element>(what: string, off: boolean, wasSeen: () => void) {
  const element = useRef<E>(null);
  useEffect(() => {
    if (!element.current || off) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const observer = new IntersectionObserver(
      ([entry]) => {
        clearTimeout(timer);
        if (!entry?.isIntersecting) return;
        timer = setTimeout(() => {
          wasSeen();
          observer.disconnect();
        }, seenAfterMs);
      },
      { threshold: 0.5 },
    );
    observer.observe(element.current);
    return () => {
      clearTimeout(timer);
      observer.disconnect();
    };
  }, [what, off]);
  return element;
}
