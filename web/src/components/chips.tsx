// What was understood. Each chip can be corrected; what a person corrected is marked.
import { useState } from 'preact/hooks';
import { categories, facetNames, goals } from '../api/types';
import { ahead, asItWas, correct, corrected, correctFacet, raw, seen, takeAsTyped } from '../state/compose';
import { Icon } from './icons';
import { goalNames, languageName, readable, swatch } from './names';
import { Popover } from './popover';

const percent = (share: number | undefined) => (share ? `${Math.round(share * 100)} %` : '');

interface ChoiceProps {
  label: string;
  name: string;
  options: readonly string[];
  shares: Record<string, number>;
  said: (name: string) => string;
  onChoose: (name: string) => void;
  changed: boolean;
}

function Choice({ label, name, options, shares, said, onChoose, changed }: ChoiceProps) {
  const sorted = [...options].sort((a, b) => (shares[b] ?? 0) - (shares[a] ?? 0));
  return (
    <Popover
      label={label}
      class={`chip ${changed ? 'changed' : ''}`}
      button={<><span class="chip-name">{label}</span><span class="chip-value">{said(name)}</span></>}
    >
      {(close) => (
        <ul class="choices">
          {sorted.map((one) => (
            <li key={one}>
              <button
                type="button"
                aria-pressed={one === name}
                data-first={one === name ? '' : undefined}
                onClick={() => {
                  close();
                  if (one !== name) onChoose(one);
                }}
              >
                <span>{said(one)}</span>
                <span class="share">{percent(shares[one])}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </Popover>
  );
}

function TextForm({ label, value, onDone }: { label: string; value: string; onDone: (value: string) => void }) {
  const [now, setNow] = useState(value);
  return (
    <form
      class="text-form"
      onSubmit={(event) => {
        event.preventDefault();
        onDone(now);
      }}
    >
      <label class="field">
        <span>{label}</span>
        <input type="text" value={now} maxLength={200} onInput={(event) => setNow(event.currentTarget.value)} />
      </label>
      <button type="submit" class="button primary">
        Use it
      </button>
    </form>
  );
}

function FacetChip({ name, value, changed }: { name: string; value: string; changed: boolean }) {
  const colours = name === 'colors' ? value.split(/,\s*/).map(swatch).filter((one) => one !== null) : [];
  return (
    <span class="chip-pair">
      <Popover
        label={readable(name)}
        class={`chip ${changed ? 'changed' : ''}`}
        button={
          <>
            <span class="chip-name">{readable(name)}</span>
            {colours.map((one) => <span class="swatch" key={one} style={{ background: one }} />)}
            <span class="chip-value">{value}</span>
          </>
        }
      >
        {(close) => (
          <TextForm
            label={readable(name)}
            value={value}
            onDone={(now) => {
              close();
              correctFacet(name, now);
            }}
          />
        )}
      </Popover>
      <button type="button" class="chip-remove" aria-label={`Remove ${name} ${value}`} onClick={() => correctFacet(name, '')}>
        <Icon name="close" size={14} />
      </button>
    </span>
  );
}

function AddFacet({ missing }: { missing: readonly string[] }) {
  const [name, setName] = useState<string>(missing[0] ?? 'format');
  return (
    <Popover label="Add a detail" class="chip add" buttonLabel="Add a detail" button={<><Icon name="plus" size={14} /><span>Detail</span></>}>
      {(close) => (
        <>
          <label class="field">
            <span>What</span>
            <select value={name} onChange={(event) => setName(event.currentTarget.value)}>
              {missing.map((one) => <option key={one} value={one}>{readable(one)}</option>)}
            </select>
          </label>
          <TextForm
            key={name}
            label={readable(name)}
            value=""
            onDone={(value) => {
              close();
              if (value.trim() !== '') correctFacet(name, value);
            }}
          />
        </>
      )}
    </Popover>
  );
}

function Sureness({ confidence, language }: { confidence: number; language: string }) {
  const words = confidence >= 0.75 ? 'Sure' : confidence >= 0.5 ? 'Fairly sure' : confidence >= 0.25 ? 'Unsure' : 'Hardly understood';
  return (
    <>
      <Popover label="Language" class="chip quiet" button={<><span class="chip-name">Language</span><span class="chip-value">{languageName(language)}</span></>}>
        {() => <AsTyped>The text looks like {language === 'und' ? 'no language in particular' : languageName(language)}. If that is wrong, the words are better taken as they are.</AsTyped>}
      </Popover>
      <Popover
        label="Confidence"
        class="chip quiet"
        button={
          <>
            <Meter value={confidence} />
            <span class="chip-value">{words}</span>
          </>
        }
      >
        {() => <AsTyped>It is {percent(confidence) || '0 %'} likely that this is what you meant.</AsTyped>}
      </Popover>
    </>
  );
}

const AsTyped = ({ children }: { children: preact.ComponentChildren }) => (
  <>
    <p class="panel-text">{children}</p>
    <label class="switch">
      <input
        type="checkbox"
        checked={raw.value}
        onChange={(event) => {
          takeAsTyped(event.currentTarget.checked);
          // The chips go, and this one with them.
          setTimeout(() => document.querySelector<HTMLElement>('.chip-undo')?.focus());
        }}
      />
      <span>Take my words as they are</span>
    </label>
  </>
);

export const Meter = ({ value }: { value: number }) => (
  <svg class="meter" viewBox="0 0 24 4" width="24" height="4" aria-hidden="true">
    <rect class="meter-ground" width="24" height="4" rx="2" />
    <rect class="meter-value" width={Math.max(2, 24 * Math.min(Math.max(value, 0), 1))} height="4" rx="2" />
  </svg>
);

export function Chips() {
  const { understood, phase } = ahead.value;
  if (phase === 'idle') return null;
  if (raw.value) {
    return (
      <div class="chips" aria-label="What was understood" role="group">
        <span class="chips-label">Taken as you typed it</span>
        <button type="button" class="chip-undo" onClick={asItWas}><Icon name="undo" size={15} />Understand it again</button>
      </div>
    );
  }
  if (!understood) {
    return phase === 'waiting' || phase === 'streaming' ? (
      <div class="chips" aria-hidden="true">
        {[120, 96, 140].map((width) => <span class="chip ghost" key={width} style={{ width: `${width}px` }} />)}
      </div>
    ) : null;
  }
  const now = corrected.value ?? understood;
  const was = understood;
  const facets = Object.entries(now.facets);
  const missing = facetNames.filter((one) => !(one in now.facets));
  return (
    <div class="chips" role="group" aria-label="What was understood">
      <span class="chips-label">Understood</span>
      <Popover
        label="Intent"
        class={`chip intent ${corrected.value ? 'changed' : ''}`}
        buttonLabel={`Intent: ${now.intent}. Correct it`}
        button={<><span class="chip-value">{now.intent}</span><Icon name="pencil" size={14} /></>}
      >
        {(close) => (
          <TextForm
            label="What do you want?"
            value={now.intent}
            onDone={(value) => {
              close();
              if (value.trim() !== '') correct((before) => ({ ...before, intent: value.trim() }));
            }}
          />
        )}
      </Popover>
      <Choice
        label="Goal" name={now.goal} options={goals} shares={was.goals} changed={corrected.value !== null && now.goal !== was.goal}
        said={(name) => goalNames[name] ?? readable(name)} onChoose={(goal) => correct((before) => ({ ...before, goal }))}
      />
      <Choice
        label="Category" name={now.category} options={categories} shares={was.categories} said={readable}
        changed={corrected.value !== null && now.category !== was.category}
        onChoose={(category) => correct((before) => ({ ...before, category }))}
      />
      {facets.map(([name, value]) => (
        <FacetChip key={name} name={name} value={value} changed={corrected.value !== null && value !== was.facets[name]} />
      ))}
      {missing.length > 0 && <AddFacet missing={missing} />}
      <Sureness confidence={was.confidence} language={was.language} />
      {(corrected.value || seen.value) && (
        <button type="button" class="chip-undo" onClick={asItWas}><Icon name="undo" size={15} />Undo corrections</button>
      )}
    </div>
  );
}
