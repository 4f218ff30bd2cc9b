// What a person corrects of what was understood or seen, as the server takes it.
import type { Corrected, Seen, Understood } from '../api/types';

export const correctedOf = (understood: Understood): Corrected => ({
  intent: understood.intent,
  goal: understood.goal,
  category: understood.category,
  facets: { ...understood.facets },
});

export function withFacet(corrected: Corrected, name: string, value: string): Corrected {
  const { [name]: _, ...facets } = corrected.facets;
  const said = value.trim();
  return { ...corrected, facets: said === '' ? facets : { ...facets, [name]: said } };
}

// The intent and facets that say what is kept of what was seen, beside what was typed.
export function withSeen(corrected: Corrected, seen: Seen, typed: string): Corrected {
  const subject = seen.tags.slice(0, 3).join(', ');
  const colors = seen.palette.map((one) => one.name).join(', ');
  const intent = [typed.trim(), subject, typed.trim() === '' ? seen.writing : ''].filter((one) => one !== '').join(', ');
  const changed = withFacet(withFacet(corrected, 'subject', subject), 'colors', colors);
  return { ...withFacet(changed, 'style', seen.kind), intent: intent || corrected.intent };
}
