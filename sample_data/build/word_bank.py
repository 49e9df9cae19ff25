"""The words of the sample: twelve interests with six themes each.

Each theme has three lines: `theme ~ image`, `: six facets`, `> the main product, three accessories`.
"""

from __future__ import annotations

from dataclasses import dataclass

from sample_data.build.phrases import names
from sample_data.build.word_bank_zh import WORDS as CHINESE_WORDS


@dataclass(frozen=True)
class Theme:
    """A theme of an interest, the same in every scenario.

    Attributes:
        image: a noun for titles.
        facets: six topics.
        products: the main product and three accessories.
    """

    name: str
    image: str
    facets: tuple[str, ...]
    products: tuple[str, ...]


@dataclass(frozen=True)
class Interest:
    """An interest: its tags, its two brands, its six themes."""

    name: str
    tags: tuple[str, ...]
    brands: tuple[str, ...]
    themes: tuple[Theme, ...]


def interests(language: str = "en") -> tuple[Interest, ...]:
    """The twelve interests, in a fixed order, in English ("en") or Chinese ("zh")."""
    found = []
    for block in {"en": WORDS, "zh": CHINESE_WORDS}[language].strip().split("\n\n"):
        head, *lines = block.split("\n")
        name, tags, brands = (part.strip() for part in head.split("|"))
        themes = zip(lines[::3], lines[1::3], lines[2::3], strict=True)
        found.append(Interest(name, names(tags), names(brands), tuple(_theme(*theme) for theme in themes)))
    return tuple(found)


def _theme(head: str, facets: str, products: str) -> Theme:
    name, image = (part.strip() for part in head.split("~"))
    return Theme(name, image, names(facets.removeprefix(":")), names(products.removeprefix(">")))


WORDS = """
hiking | outdoors, trails | Tarnwick, Fellgate
ridge walks ~ crest
: wind on the crest, easy scrambling, reading clouds, turning back in time, sunrise starts, cairns in fog
> trekking poles, wind shell, approach shoes, climbing helmet
map reading ~ contour
: contour lines, taking a bearing, pacing distance, old trail signs, planning escape routes, night navigation
> baseplate compass, waterproof map case, altimeter watch, trail atlas
hut tours ~ lantern
: booking a bunk, sharing a dormitory, packing for five days, mountain kitchens, hut etiquette, weather delays
> 45-litre pack, silk sleeping liner, hut slippers, rain cover
ultralight packing ~ feather
: weighing every item, tarp pitching, repackaging food, one-pot meals, mending on the trail, leaving things out
> ultralight tarp, titanium pot, gram scale, pack liner
winter trails ~ snowline
: first snowshoe steps, avalanche bulletins, layering against cold, short daylight, frozen rivers, hot drinks outdoors
> snowshoes, gaiters, insulated flask, merino base layer
coast paths ~ tideway
: tide tables, cliff-edge manners, salt and boots, lighthouse stages, camping near dunes, ferry links
> light hiking boots, dry bag, sun hat, blister kit

cooking | kitchen, food | Pellworm, Copperfig
sourdough ~ crumb
: feeding a starter, judging the rise, shaping a loaf, scoring patterns, steam in the oven, rye blends
> cast-iron bread pan, proofing basket, scoring blade, dough scraper
noodle soups ~ broth
: slow broth, hand-pulled dough, soft eggs, chilli oil, toppings in order, leftover stock
> stock pot, noodle cutter, broth strainer, deep soup bowls
fermentation ~ brine
: salting cabbage, reading bubbles, hot sauce bases, kefir at home, keeping jars clean, tasting by the week
> fermentation crock, glass weights, airlock lids, brine thermometer
knife skills ~ edge
: holding a chef's knife, even dice, sharpening stones, boning a fish, cutting without tears, knife storage
> chef's knife, whetstone, maple cutting board, magnetic rack
plant-based dinners ~ harvest
: browning mushrooms, cooking pulses, tofu textures, umami without meat, weeknight planning, sauces from seeds
> high-speed blender, tofu press, pulse soaking set, spice tin
pastry ~ butter
: laminating dough, tempering chocolate, tart shells, filling a piping bag, meringue weather, rescuing a curd
> pastry marble, rolling pin, tart rings, piping set

astronomy | sky, science | Noctilume, Orrery Works
lunar watching ~ crater
: crater names, the terminator line, moonrise tables, sketching craters, eclipse nights, earthshine
> moon filter, lunar atlas, observing chair, red torch
deep-sky hunting ~ nebula
: averted vision, star hopping, faint galaxies, dark-site manners, globular clusters, logbook habits
> eight-inch telescope, wide eyepiece, finder scope, dew heater
planet nights ~ orbit
: Saturn's tilt, Jupiter's moons, steady air, opposition dates, Venus phases, colour filters
> planetary eyepiece, focal doubler, collimation tool, vibration pads
star photography ~ exposure
: star trackers, stacking frames, light pollution, focusing on a star, meteor nights, milky way foregrounds
> star tracker, sturdy tripod ball head, intervalometer, light filter
space missions ~ launch
: launch windows, rover diaries, reading telemetry, sample returns, orbits made simple, heat shields
> launcher scale model, mission poster set, rover building kit, countdown clock
cosmology ~ horizon
: the expanding universe, dark matter hints, ancient light, black hole shadows, distance ladders, cosmic time
> cosmology primer, wall chart of the universe, galaxy puzzle, lecture notebook

gardening | garden, plants | Loamwell, Greenspindle
tomato growing ~ vine
: sowing under lamps, pinching side shoots, heritage varieties, blight watch, watering rhythm, saving seed
> seedling lamp, tomato spirals, self-watering pot, soft plant ties
balcony gardens ~ railing
: wind-proof pots, herbs in shade, vertical rows, watering while away, small harvests, winter balconies
> balcony planter, drip irrigation set, folding trellis, pot feet
composting ~ soil
: browns and greens, hot heaps, worm bins, leaf mould, smells and fixes, compost tea
> worm bin, compost thermometer, hay fork, kitchen caddy
fruit trees ~ orchard
: choosing rootstock, winter pruning, grafting, espalier shapes, thinning fruit, storing apples
> pruning saw, grafting knife, orchard ladder, fruit picker
wild meadows ~ meadow
: native seed mixes, mowing late, solitary bees, poor soil, yellow rattle, counting butterflies
> meadow seed mix, hand scythe, bee hotel, sweep net
houseplants ~ leaf
: light in a north room, repotting, fungus gnats, propagating cuttings, reading yellow leaves, humidity
> grow lamp, glazed pot, moisture meter, leaf shears

photography | camera, images | Halden Optic, Silverhalt
street portraits ~ stranger
: asking strangers, natural light, fast hands, backgrounds that help, stories in a face, saying thank you
> 35 mm lens, wrist strap, pocket flash, sling bag
film cameras ~ grain
: loading a roll, metering by eye, pushing film, home developing, scanning negatives, forgotten rolls
> 35 mm film camera, film rolls, developing tank, negative sleeves
landscape light ~ dusk
: blue hour, long exposures, filters, foreground lines, scouting on maps, waiting for weather
> carbon tripod, neutral density filter, remote release, lens cloth pack
wildlife close-ups ~ plumage
: hides and patience, silent shutters, eye focus, macro insects, ethical distance, back-lit fur
> telephoto lens, camouflage cover, monopod, macro rings
photo books ~ sequence
: choosing twenty pictures, pacing pages, paper and ink, captions, proofs, binding by hand
> photo printer, cotton paper, binding kit, archive box
darkroom printing ~ safelight
: test strips, dodging and burning, contrast grades, chemical safety, toning, split filters
> enlarger, print trays, darkroom timer, fibre paper

making music | music, instruments | Rosewick, Tonefield
fingerstyle guitar ~ string
: thumb independence, open tunings, clean chord changes, arranging a song, nail care, playing softly
> acoustic guitar, capo, guitar stand, string set
home recording ~ signal
: room echoes, placing a microphone, gain staging, layering takes, mixing in headphones, vocal comping
> audio interface, condenser microphone, pop shield, studio headphones
jazz piano ~ chord
: shell voicings, swing feel, walking bass, learning standards, ear training, trading fours
> stage piano, sustain pedal, fake-book stand, piano bench
modular synths ~ voltage
: first patches, slow filters, sequencing drums, generative melodies, power planning, recording patches
> starter synth rack, patch cables, sequencer module, rack case
choir singing ~ harmony
: breathing low, holding a part, sight-reading, blend of vowels, warming up, singing in Latin
> choir folder, tuning fork, portable keyboard, throat tea set
hand drums ~ rhythm
: bass and slap, polyrhythms, playing in a circle, tuning skins, frame drum rolls, steady time
> djembe, drum bag, frame drum, practice pad

cycling | bikes, travel | Velmora, Chainhaven
bike touring ~ border
: loading panniers, camp spots, cooking on the road, crossing borders, pacing long days, rest-day routines
> touring bicycle, waterproof panniers, dynamo lamp, handlebar bag
gravel riding ~ dust
: tyre pressure, loose descents, route files, mud and drivetrains, night gravel, bikepacking bags
> gravel bike, wide tyres, frame bag, tubeless kit
bike repair ~ spoke
: truing a wheel, indexing gears, brake bleeding, chain wear, squeaks explained, rebuilding hubs
> repair stand, chain tool, torque wrench, spoke key
road climbs ~ summit
: pacing by breath, gearing choices, fuelling climbs, descending calmly, famous passes, power numbers
> carbon climbing wheels, power meter, climbing cassette, cycling bib shorts
city commuting ~ signal box
: visible at night, locking well, rain clothing, cargo on two wheels, office showers, safe turns
> city bike, folding lock, rain cape, mudguards
bike history ~ velodrome
: penny-farthings, six-day races, steel builders, women who raced, old posters, vintage gears
> steel frame print, wool jersey, leather saddle, vintage bell

board games | games, strategy | Meeplehaven, Oakdice
cooperative games ~ alliance
: sharing a plan, quiet leaders, solo modes, saving a lost game, campaign nights, teaching rules
> cooperative island game, scenario pack, wooden tokens, card sleeves
economic strategy ~ ledger
: opening moves, engine building, auction nerve, reading opponents, end-game timing, balanced maps
> railway trading game, metal coins, map expansion, score pad
abstract duels ~ stone
: openings in Go, tempo, sacrifices, endgame counting, problem books, playing stronger people
> bamboo Go board, game clock, slate stones, problem book
game design ~ prototype
: paper prototypes, playtest notes, rulebook writing, luck and skill, balancing cards, pitching a game
> blank card set, prototype pieces, hex tile pack, rulebook guide
miniature painting ~ brush
: priming, thin layers, dry brushing, tiny eyes, weathered metal, basing
> miniature paint set, detail brushes, wet palette, magnifying lamp
role-playing nights ~ tavern
: session zero, improvising voices, maps and fog, villains with reasons, fair dice, player safety
> role-playing starter box, dice tower, game master's screen, battle mat

woodworking | workshop, craft | Adzehurst, Timberlow
hand-cut joints ~ dovetail
: dovetails, marking gauges, sawing to a line, mortise and tenon, paring, fixing gaps
> dovetail saw, bevel chisels, marking gauge, joiner's mallet
spoon carving ~ burl
: green wood, axe safety, bowl curves, knife grips, finishing oil, reading grain
> carving knife, hook knife, carving axe, leather strop
furniture building ~ bench
: drawing a plan, choosing boards, gluing up, drawers that glide, leg angles, table tops
> bench plane, bar clamps, router plane, wood glue set
wood turning ~ lathe
: centring a blank, sharpening gouges, bowls, catches explained, finishing on the lathe, segmented rings
> compact lathe, bowl gouge, lathe chuck, face shield
old tool restoration ~ rust
: removing rust, flattening soles, making handles, finding at flea markets, honing, dating a plane
> honing guide, diamond plate, rust eraser, camellia oil
tiny cabins ~ beam
: foundations, timber frames, roof pitch, insulation, stove placement, windows from salvage
> framing square, timber frame plans, cordless drill, roofing knife

ancient history | history, culture | Amphora Row, Stylus House
Roman life ~ forum
: bread and baths, army diaries, graffiti, roads and milestones, household gods, Roman cooking
> Roman mosaic kit, legion atlas, oil lamp replica, Latin reader
ancient Egypt ~ delta
: reading hieroglyphs, pyramid builders, river floods, scribes at work, tomb paintings, queens of Egypt
> hieroglyph workbook, papyrus sheets, reed pens, temple model
bronze age seas ~ galley
: shipwreck cargoes, palace economies, sea peoples, copper trade, island shrines, early scripts
> trade route map, ship model kit, linear script primer, museum cast
archaeology methods ~ trench
: trenches and layers, pottery dating, field drawing, geophysics, soil samples, small finds
> field trowel, finds bags, drawing frame, scale bars
myths and epics ~ oracle
: heroes who fail, underworld journeys, many versions, bards and memory, monsters, myths in art
> illustrated epic, storyteller cards, myth atlas, clay figurine
early cities ~ tablet
: first writing, city walls, irrigation, markets and weights, law codes, street plans
> cuneiform kit, city model, clay tablets, cylinder seal replica

knitting | textiles, craft | Skeinmoor, Woolsey Lane
colourwork ~ pattern
: stranded knitting, catching floats, choosing contrast, steeking, island motifs, charts
> shetland yarn set, circular needles, chart keeper, wool scissors
lace shawls ~ veil
: yarn overs, lifelines, blocking, edgings, reading lace charts, mohair manners
> lace-weight silk, blocking wires, lace needles, shawl pin
sock knitting ~ heel
: turning a heel, magic loop, toe-up starts, matching stripes, grafting toes, wear and mending
> sock yarn, short needle set, sock blockers, darning egg
natural dyeing ~ dyepot
: onion skins, indigo vats, mordants, foraging for colour, light-fast tests, dye diaries
> indigo dye kit, mordant pack, dye pot, undyed skeins
weaving ~ loom
: warping a loom, plain weave, twill, tapestry shading, selvedges, cloth for bags
> rigid heddle loom, shuttle set, warping board, cotton warp
visible mending ~ patch
: darning, sashiko stitches, patched elbows, jean repairs, knit patches, choosing thread
> mending kit, sashiko thread, darning loom, denim patches

electronics | makers, robotics | Ohmsted, Breadfield
microcontrollers ~ circuit
: blinking a light, reading sensors, debouncing buttons, saving power, serial messages, wireless links
> microcontroller kit, breadboard set, sensor pack, jumper wires
robot building ~ gear
: wheels and motors, line following, balancing, arms with servos, obstacle maps, robot sumo
> robot chassis kit, servo pack, distance sensor, motor driver
soldering ~ flux
: clean joints, surface-mount parts, desoldering, flux and tips, repairing headphones, kit building
> soldering station, helping hands, fume fan, solder reel
retro computers ~ cursor
: cassette loading, replacing capacitors, eight-bit music, basic programs, monitor colours, cartridge dumps
> retro computer kit, video adapter, chip puller, joystick
radio ~ antenna
: first antennas, morse practice, shortwave nights, weather satellites, licence study, radio noise
> shortwave receiver, wire antenna, morse key, band chart
home automation ~ switchboard
: local control, quiet fans, plant watering, energy graphs, door sensors, rules that last
> smart home hub, energy plug, motion sensors, relay board
"""
