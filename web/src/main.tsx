import { render } from 'preact';
import { App } from './app';
import { startDropping } from './components/drop';
import { startKeys } from './components/keys';
import { startComposing } from './state/compose';
import { startFinding } from './state/results';
import { startRouting } from './state/router';
import { start } from './state/server';
import { keepSettings } from './state/settings';
import './styles/base.css';
import './styles/parts.css';
import './styles/pages.css';

keepSettings();
startRouting();
startComposing();
startFinding();
start();
startKeys();
startDropping();

const place = document.getElementById('app');
if (place) render(<App />, place);
