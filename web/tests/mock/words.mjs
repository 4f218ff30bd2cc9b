// What the mock answers: a few intents as updraft answered them, anything else by rule. No language model.

const known = [
  {
    words: ['holiday', 'sale', 'xmas', 'christmas'],
    intent: 'holiday sale', goal: 'search', goals: { search: 0.73, template: 0.19, recommend: 0.05, generate: 0.03 },
    category: 'holidays', categories: { holidays: 0.83, retail: 0.12, events: 0.03, business: 0.01, food_drink: 0.01 },
    facets: { occasion: 'holiday sale' }, confidence: 0.87,
    texts: {
      query: ['holiday discount sign', 'gift wrapped in paper', 'holiday sale coupon page', 'gift wrapping booth photo', 'winter shop window', 'red sale tag', 'shopping bags snow', 'christmas market stall'],
      related: ['gift voucher', 'thank you email', 'gift wrap station', 'reopening party', 'loyalty card', 'window display', 'winter lookbook', 'charity raffle'],
      template: ['Colorful holiday sale post with balloons and discount', 'Holiday sale poster, tree in a treehouse with leaves, pine green and gold, discount', 'Sale email header with a striped holiday shop, large discount, button, last sale time', 'Square post with falling apples in a row, warm red title, shop date and small coupon code in the center'],
      image: ['Gift basket overflowing with candles, scarves and a teddy, pale blue table, warm window light, empty centre for a sale title', 'Gold star, pine and lemon halves on a Christmas tree, blank price tag above them', 'Isometric illustration of a small shop with candles, balloons and shopping bags, navy, gold and pink, crisp shadows, room above the counter', 'Couple dancing with a shopping cart on a sunlit street, balloons, warm photograph'],
    },
  },
  {
    words: ['forest', 'dawn', 'quiet'],
    intent: 'quiet forest at dawn', goal: 'generate', goals: { generate: 0.64, search: 0.28, template: 0.05, recommend: 0.03 },
    category: 'nature_animals', categories: { nature_animals: 0.92, travel_places: 0.05, art_design: 0.02, lifestyle: 0.01, science: 0 },
    facets: { subject: 'forest', mood: 'quiet' }, confidence: 0.91,
    texts: {
      query: ['misty forest sunrise', 'quiet woodland path', 'pine trees morning fog', 'first light in woods'],
      related: ['birdsong recording', 'foggy lake', 'cabin in the woods', 'morning hike'],
      template: ['Calm poster with a pine forest at dawn, thin white title at the top', 'Retreat flyer, mist between trees, sage green and cream, date below', 'Podcast cover with a single fir against a pale sky', 'Bookmark with fern leaves and a short line about mornings'],
      image: ['Pine forest at dawn, low mist between the trunks, first sun rays, soft greens and gold, wide view', 'A narrow path through birch trees before sunrise, dew on ferns, muted colours, photograph', 'Watercolour of a silent fir forest, pale pink sky, one deer far away', 'Paper cut layers of hills and firs in teal and peach, morning sun behind them'],
    },
  },
];

const rule = {
  query: (text) => [`${text} picture`, `simple ${text}`, `${text} in colour`, `${text} outline drawing`],
  related: (text) => ['invitation card', 'thank you note', `${text} checklist`, 'decoration ideas'],
  template: (text) => [`Poster for ${text} with a large title and a warm background`, `Square post about ${text}, two colours, room for a date`, `Flyer with ${text} in the centre, hand-drawn border, contact line below`, `Greeting card with ${text} and a short line in script`],
  image: (text) => [`${text}, flat illustration, soft shadows, three colours, empty space on the left`, `Photograph of ${text} in the evening light, shallow depth of field, calm background`, `Isometric ${text} on a pastel ground, crisp edges, small details all around it`, `Paper cut of ${text}, layered, warm light from above, room for a title`],
};

const colours = ['red', 'orange', 'yellow', 'green', 'blue', 'purple', 'pink', 'gold', 'white', 'black'];
const formats = ['flyer', 'poster', 'card', 'banner', 'logo', 'invitation'];

// What was seen on any picture that is sent.
export const seen = {
  kind: 'illustration',
  tags: { lantern: 0.81, garden: 0.64, table: 0.37 },
  palette: { navy: 0.46, green: 0.31, yellow: 0.12 },
  written: '',
  format: 'svg',
  width: 200,
  height: 200,
  aspect: 'square',
  timings: { look_ms: 38, read_ms: 0 },
};

export function understand(text, image) {
  const words = text.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const match = known.find((one) => one.words.some((word) => words.includes(word)));
  const colors = colours.filter((one) => words.includes(one));
  const format = formats.find((one) => words.includes(one));
  const facets = {
    ...(format ? { format } : {}),
    ...(match?.facets ?? {}),
    ...(image ? { subject: Object.keys(seen.tags).join(', ') } : {}),
    ...(colors.length > 0 ? { colors: colors.join(', ') } : image ? { colors: 'navy, green' } : {}),
  };
  const intent = match && !image && words.length < 3 ? match.intent : [words.slice(0, 8).join(' '), image && 'garden party with lanterns'].filter(Boolean).join(', ');
  const goal = format ? 'template' : (match?.goal ?? 'search');
  const goals = match && goal === match.goal ? match.goals : { [goal]: 0.81, ...Object.fromEntries(['search', 'template', 'recommend', 'generate'].filter((one) => one !== goal).map((one, i) => [one, [0.12, 0.05, 0.02][i]])) };
  return {
    utterance: text, intent, goal, category: match?.category ?? 'events', facets, language: 'en',
    confidence: words.length === 0 && !image ? 0.2 : (match?.confidence ?? 0.74), goals,
    categories: match?.categories ?? { events: 0.71, lifestyle: 0.16, family_kids: 0.08, food_drink: 0.03, retail: 0.02 },
    ...(image ? { seen } : {}),
    timings: { load_ms: 0, total_ms: 21.4 },
  };
}

export function write(task, intent, n, bounds) {
  const words = intent.toLowerCase().split(/[^\p{L}\p{N}]+/u);
  const match = known.find((one) => one.words.some((word) => words.includes(word)));
  const made = match ? match.texts[task] : rule[task](intent);
  const all = [...made, ...rule[task](`${intent} detail`), ...rule[task](`${intent} set`)];
  const count = (text) => text.split(/\s+/).length;
  return all
    .map((text) => (bounds && count(text) > bounds.max ? text.split(/\s+/).slice(0, bounds.max).join(' ') : text))
    .filter((text, i, from) => (!bounds || count(text) >= bounds.min) && from.indexOf(text) === i)
    .slice(0, n)
    .map((text, i) => ({ id: `${task}-${i}`, task, text, words: count(text), score: Math.round((0.82 - 0.09 * (i % 6)) * 1000) / 1000 }));
}
