import { AssetDialog } from './components/asset_dialog';
import { DropPlace } from './components/drop';
import { Header } from './components/header';
import { Help } from './components/help';
import { KeyDialog } from './components/key_dialog';
import { Banner, Spoken, Toasts } from './components/notices';
import { ComposePage } from './pages/compose';
import { HistoryPage } from './pages/history';
import { SpeedPage } from './pages/speed';
import { page } from './state/router';

const shown = { '': ComposePage, history: HistoryPage, speed: SpeedPage };

export function App() {
  const Page = shown[page.value];
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById('main')?.focus(); }}>Skip to the page</a>
      <Header />
      <Banner />
      <Page />
      <Toasts />
      <Spoken />
      <KeyDialog />
      <Help />
      <AssetDialog />
      <DropPlace />
    </>
  );
}
