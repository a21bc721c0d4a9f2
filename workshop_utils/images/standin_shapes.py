"""Ten things drawn by code: an airplane, an automobile, a bird, ... a truck.

Every `draw_...` paints one thing into a whole batch of pictures at once. It faces right and lies
between -1 and 1, x to the right, y downwards; `p.vary` gives another number in every picture.
"""

import copy
import functools

import numpy as np

Number = float | np.ndarray
Palette = list[tuple[float, float, float]]  # red, green, blue between 0 and 1

SIZE = 32
PIXELS_PER_UNIT = (10.0, 15.0)  # half the length of a thing
SHIFT = 5.5  # pixels from the centre of the picture at most, less up and down

BLACK = [(0.07, 0.07, 0.08)]
WHITES = [(0.93, 0.93, 0.91), (0.84, 0.86, 0.88)]
GREYS = [(0.62, 0.64, 0.67), (0.42, 0.43, 0.46)]
GLASS = [(0.16, 0.21, 0.27), (0.30, 0.38, 0.45)]
RED = [(0.66, 0.13, 0.12)]
PAINTS = [*RED, WHITES[1], GREYS[0], (0.15, 0.27, 0.52), (0.78, 0.62, 0.18), (0.16, 0.38, 0.30)]
BROWNS = [(0.30, 0.21, 0.14), (0.50, 0.31, 0.17), (0.60, 0.42, 0.26), (0.38, 0.28, 0.20)]
FURS = [*BROWNS, (0.20, 0.18, 0.17), (0.75, 0.64, 0.48), (0.47, 0.45, 0.43)]
FEATHERS = [*FURS, (0.22, 0.32, 0.46), (0.55, 0.22, 0.14), (0.68, 0.55, 0.20)]
HORNS = [(0.88, 0.58, 0.15), (0.35, 0.28, 0.22), (0.80, 0.72, 0.58)]
FROGS = [(0.30, 0.46, 0.16), (0.42, 0.52, 0.20), (0.22, 0.36, 0.20), (0.48, 0.38, 0.22)]
PALE = [(0.85, 0.78, 0.66), (0.80, 0.80, 0.58)]


class Painter:
    """Paints shapes into a batch of pictures, each with its own place, size, tilt and facing.

    A shape is an array of distances from its edge, N×32×32, in units and below zero inside.

    Args:
        pictures: float32, N×3×32×32, values between 0 and 1; changed in place.
        rng: where chance comes from.
        tilt: largest slope of the thing; 0.1 is about 6 degrees.
    """

    def __init__(self, pictures: np.ndarray, rng: np.random.RandomState, tilt: float) -> None:
        self.pictures, self.rng = pictures, rng
        self.unit = self.vary(*PIXELS_PER_UNIT)
        pixels = np.arange(SIZE, dtype=np.float32) - (SIZE - 1) / 2
        right = pixels - self.vary(-SHIFT, SHIFT)  # N×1×32
        down = pixels[:, None] - 0.8 * self.vary(-SHIFT, SHIFT)  # N×32×1
        # Cosine and sine from fractions: those of a library may differ in the last bit.
        t = self.vary(-tilt, tilt) / 2
        cosine, sine = (1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)
        facing = 1 - 2 * self.chance(0.5)  # -1 mirrors the thing
        self.x = facing * (cosine * right + sine * down) / self.unit
        self.y = (cosine * down - sine * right) / self.unit
        self.light = (1 - self.vary(0.05, 0.30) * self.y)[:, None]  # it comes from above

    def at(self, x: Number, y: Number, both_sides: bool = False) -> "Painter":
        """Return a painter whose origin is (x, y); with `both_sides` left mirrors right."""
        part = copy.copy(self)
        part.x, part.y = np.abs(self.x - x) if both_sides else self.x - x, self.y - y
        return part

    def vary(self, low: float, high: float) -> np.ndarray:
        """Return one number per picture between low and high, N×1×1."""
        draws = self.rng.random_sample((len(self.pictures), 1, 1))
        return (low + (high - low) * draws).astype(np.float32)

    def chance(self, share: float) -> np.ndarray:
        """Return 1 for about this share of the pictures and 0 for the others, N×1×1."""
        return (self.vary(0, 1) < share).astype(np.float32)

    def colour(self, palette: Palette) -> np.ndarray:
        """Return one colour per picture, near one of the palette's, N×3×1×1."""
        count = len(self.pictures)
        choice = (self.rng.random_sample(count) * len(palette)).astype(np.int64)
        brightness = 0.88 + 0.24 * self.rng.random_sample((count, 1))
        hue = 0.05 * (self.rng.random_sample((count, 3)) - 0.5)
        return (np.array(palette)[choice] * brightness + hue).astype(np.float32)[:, :, None, None]

    def ellipse(self, x: Number, y: Number, width: Number, height: Number) -> np.ndarray:
        """Return an ellipse around (x, y) with these half axes."""
        dx, dy = (self.x - x) / width, (self.y - y) / height
        radius = np.sqrt(dx * dx + dy * dy)  # 1 on the edge
        dx, dy = dx / width, dy / height
        slope = np.sqrt(dx * dx + dy * dy) + 1e-6  # how fast the radius grows there
        return radius * (radius - 1) / slope

    def dot(self, x: Number, y: Number, radius: Number) -> np.ndarray:
        """Return a disc around (x, y)."""
        return self.ellipse(x, y, radius, radius)

    def limb(
        self, x1: Number, y1: Number, x2: Number, y2: Number, r1: Number, r2: Number | None = None
    ) -> np.ndarray:
        """Return a rounded line from (x1, y1) to (x2, y2); its radius goes from r1 to r2."""
        to_x, to_y = x2 - x1, y2 - y1
        length2 = to_x * to_x + to_y * to_y
        dx, dy = self.x - x1, self.y - y1
        t = np.clip(dx * (to_x / length2) + dy * (to_y / length2), 0, 1)  # nearest point
        dx, dy = dx - t * to_x, dy - t * to_y
        radius = r1 if r2 is None else r1 + t * (r2 - r1)
        return np.sqrt(dx * dx + dy * dy) - radius

    def polygon(self, *corners: tuple[Number, Number]) -> np.ndarray:
        """Return a polygon without dents; its corners are named clockwise, as seen."""
        edges = []
        for (x1, y1), (x2, y2) in zip(corners, corners[1:] + corners[:1], strict=True):
            # As arrays, for single numbers are rounded differently by NumPy 1 and 2.
            dx, dy = (np.asarray(d, np.float32).reshape(-1, 1, 1) for d in (x2 - x1, y2 - y1))
            length = np.sqrt(dx * dx + dy * dy)
            edges.append((self.x - x1) * (dy / length) - (self.y - y1) * (dx / length))
        return functools.reduce(np.maximum, edges)

    def box(self, x: Number, y: Number, width: Number, height: Number) -> np.ndarray:
        """Return an upright box around (x, y) with these half sides."""
        return np.maximum(np.abs(self.x - x) - width, np.abs(self.y - y) - height)

    def paint(self, colour: np.ndarray, *shapes: np.ndarray, opacity: Number = 1.0) -> None:
        """Cover everything inside any of the shapes with this colour."""
        distance = functools.reduce(np.minimum, shapes) * self.unit  # in pixels
        coverage = (np.clip(0.5 - distance, 0, 1) * opacity)[:, None]
        self.pictures += coverage * (colour * self.light - self.pictures)


def draw_airplane(p: Painter) -> None:
    """Fuselage with windows, two swept wings, tail fin, engine."""
    hull, span, sweep = p.colour(WHITES + GREYS), p.vary(0.35, 0.75), p.vary(0.2, 0.55)
    far = p.polygon((0.25, -0.05), (-0.1, -0.05), (-sweep - 0.05, -span), (0.12 - sweep, -span))
    p.paint(hull * 0.72, far)
    fin = p.vary(0.35, 0.6)
    p.paint(p.colour(PAINTS), p.polygon((-0.5, 0), (-0.9, 0), (-1.0, -fin), (-0.82, -fin)))
    p.paint(hull, p.limb(-0.9, -0.02, 0.8, 0.02, p.vary(0.04, 0.08), p.vary(0.12, 0.18)))
    p.paint(p.colour(GLASS), p.limb(-0.5, -0.04, 0.5, -0.03, 0.02), p.dot(0.84, -0.04, 0.06))
    near = p.polygon((-0.1, 0.07), (0.3, 0.07), (0.06 - sweep, span), (-0.1 - sweep, span))
    p.paint(hull * 0.85, near, p.limb(-0.8, 0.03, -0.95, 0.2, 0.07, 0.04))
    p.paint(p.colour(GREYS) * 0.7, p.limb(-0.02, 0.25, 0.2, 0.25, 0.07))


def draw_automobile(p: Painter) -> None:
    """Low body, cabin with two windows, two wheels, lamps."""
    _shadow(p, 0.6, 1.0)
    roof, front, back = p.vary(-0.45, -0.28), p.vary(0.2, 0.4), p.vary(-0.65, -0.3)
    cabin = p.polygon((back - 0.25, 0.05), (back, roof), (front, roof), (front + 0.35, 0.05))
    body = p.limb(-0.78, 0.2, 0.75, 0.22, p.vary(0.20, 0.25), p.vary(0.16, 0.22))
    p.paint(p.colour(PAINTS), cabin, body)
    top = roof + 0.09
    rear = p.polygon((back - 0.08, 0), (back + 0.05, top), (-0.14, top), (-0.14, 0))
    fore = p.polygon((-0.06, 0), (-0.06, top), (front - 0.03, top), (front + 0.17, 0))
    p.paint(p.colour(GLASS), rear, fore)
    _wheel(p.at(0, 0.4, both_sides=True), p.vary(0.48, 0.58), p.vary(0.17, 0.23))
    p.paint(p.colour(PALE), p.dot(0.88, 0.16, 0.07))


def draw_bird(p: Painter) -> None:
    """Egg-shaped body, round head with a beak, wing, tail, two thin legs."""
    feathers, horn = p.colour(FEATHERS), p.colour(HORNS)
    head, step = p.at(p.vary(0.35, 0.55), p.vary(-0.55, -0.30)), p.vary(-0.05, 0.15)
    p.paint(horn, p.limb(-0.1, 0.3, step - 0.1, 0.85, 0.03), p.limb(0.08, 0.3, 0.1, 0.85, 0.03))
    p.paint(feathers * 0.75, p.limb(-0.3, 0.15, -0.95, p.vary(0.1, 0.5), 0.12, 0.09))
    p.paint(horn, head.polygon((0.1, -0.1), (p.vary(0.38, 0.55), 0.04), (0.1, 0.12)))
    body = p.limb(-0.25, 0.15, 0.2, 0.02, p.vary(0.24, 0.32), p.vary(0.24, 0.32))
    p.paint(feathers, body, head.limb(-0.25, 0.42, 0, 0, 0.2, 0.15), head.dot(0, 0, 0.2))
    p.paint(p.colour(PALE + RED), p.dot(0.2, 0.14, 0.17))
    p.paint(feathers * 0.6, p.limb(0.08, 0, -0.5, p.vary(-0.6, 0.3), 0.19, 0.05))
    p.paint(p.colour(BLACK), head.dot(0.08, -0.04, 0.05))


def draw_cat(p: Painter) -> None:
    """Sitting, facing us: pointed ears, bright eyes, whiskers, striped coat, long tail."""
    _shadow(p, 0.85, 0.75)
    fur, lean, bend = p.colour([*FURS, (0.72, 0.45, 0.20)]), p.vary(-0.1, 0.35), p.vary(-0.9, -0.65)
    tail = p.limb(bend, 0.6, bend, p.vary(-0.4, 0.4), 0.08, 0.05)
    p.paint(fur * 0.85, p.limb(-0.2, 0.72, bend, 0.6, 0.09), tail)
    p.paint(fur, p.limb(-0.08, 0.48, lean, -0.05, p.vary(0.34, 0.44), 0.24))
    stripes = [p.limb(-0.42, y, -0.05, y - 0.06, 0.03) for y in (0.2, 0.4, 0.6)]
    p.paint(fur * 0.6, *stripes, opacity=p.chance(0.6))
    p.paint(fur * 1.12, p.at(lean / 2, 0, both_sides=True).limb(0.14, 0.2, 0.16, 0.82, 0.1))
    face = p.at(lean, p.vary(-0.5, -0.35), both_sides=True)
    ear = face.polygon((0.06, -0.1), (0.26, -0.58), (0.34, -0.1))
    p.paint(fur, face.ellipse(0, 0, 0.37, 0.31), ear)
    p.paint(p.colour(PALE) * 0.9, ear + 0.07)  # its inside
    p.paint(p.colour(WHITES), face.ellipse(0, 0.15, 0.15, 0.11))
    p.paint(p.colour(HORNS[:1]), face.dot(0.16, -0.03, 0.08))
    p.paint(p.colour(BLACK), face.ellipse(0.16, -0.03, 0.03, 0.07), face.dot(0, 0.1, 0.04))
    p.paint(p.colour(WHITES), face.limb(0.2, 0.13, 0.6, 0.12, 0.015), opacity=0.7)


def draw_deer(p: Painter) -> None:
    """Slim body on thin legs, long neck, branched antlers, short white tail."""
    coat, head, nose = p.colour(BROWNS), p.at(0.55, p.vary(-0.45, -0.15)), p.vary(0.2, 0.4)
    _legs(p, coat, foot=0.92, width=0.06)
    p.paint(p.colour(WHITES), p.limb(-0.62, 0, -0.72, 0.12, 0.1, 0.05))
    body = p.limb(-0.45, 0.02, 0.28, 0, p.vary(0.18, 0.23), p.vary(0.18, 0.23))
    p.paint(coat, body, head.limb(-0.25, 0.3, 0, 0, 0.16, 0.09))
    p.paint(coat, head.limb(0, 0, nose, 0.12, 0.12, 0.06), head.limb(0, 0, -0.23, -0.12, 0.04))
    antler, spread, height = head.at(0, 0, both_sides=True), p.vary(0.2, 0.4), p.vary(0.4, 0.6)
    beam = antler.limb(0, -0.08, spread, -height, 0.035, 0.025)
    inner = antler.limb(spread / 2, -height / 2, spread / 2 - 0.06, -height, 0.03, 0.02)
    outer = antler.limb(spread / 2, -height / 2, spread / 2 + 0.25, 0.05 - height, 0.03, 0.02)
    p.paint(p.colour(HORNS[1:]), beam, inner, outer)
    p.paint(p.colour(BLACK), head.dot(nose + 0.02, 0.12, 0.05), head.dot(0.07, -0.02, 0.035))


def draw_dog(p: Painter) -> None:
    """Sturdy body, big head with floppy ear and snout, collar, raised tail."""
    fur, patch, snout = p.colour(FURS), p.colour(FURS), p.vary(0.32, 0.45)
    head = p.at(p.vary(0.45, 0.6), p.vary(-0.5, -0.25))
    p.paint(fur, p.limb(-0.6, -0.05, p.vary(-1.0, -0.75), p.vary(-0.6, -0.2), 0.08, 0.04))
    _legs(p, fur, foot=0.75, width=0.11)
    body = p.limb(-0.45, 0.08, 0.28, 0.05, p.vary(0.22, 0.3), p.vary(0.26, 0.33))
    p.paint(fur, body, head.limb(-0.22, 0.38, 0, 0, 0.22, 0.26))
    p.paint(patch, p.ellipse(-0.15, 0, 0.25, 0.18), opacity=p.chance(0.5))
    p.paint(p.colour(PAINTS), head.limb(-0.28, 0.2, 0.08, 0.3, 0.045), opacity=p.chance(0.6))
    p.paint(fur * 1.15, head.limb(0.1, 0.08, snout, 0.12, 0.14, 0.10))
    p.paint(patch * 0.7, head.limb(-0.12, -0.15, -0.2, p.vary(0.15, 0.35), 0.08, 0.12))  # ear
    p.paint(p.colour(BLACK), head.dot(snout + 0.06, 0.06, 0.065), head.dot(0.1, -0.06, 0.045))


def draw_frog(p: Painter) -> None:
    """Squat body, wide mouth, two bulging eyes on top, folded hind legs, pale belly."""
    _shadow(p, 0.72, 1.0)
    skin, turn, sides = p.colour(FROGS), p.vary(-0.15, 0.25), p.at(0, 0, both_sides=True)
    thigh = sides.limb(0.68, 0.5, 0.54, p.vary(0.1, 0.3), 0.2, 0.14)
    p.paint(skin * 0.8, thigh, sides.limb(0.68, 0.66, 0.9, 0.7, 0.06))
    face = p.at(turn, 0, both_sides=True)
    skull = face.ellipse(0, 0, p.vary(0.46, 0.56), 0.3)
    p.paint(skin, p.ellipse(0, 0.28, 0.6, p.vary(0.35, 0.45)), skull, face.dot(0.3, -0.28, 0.17))
    p.paint(p.colour(PALE), p.ellipse(turn / 2, 0.42, 0.36, 0.22))
    p.paint(skin * 0.9, sides.limb(0.34, 0.35, 0.42, 0.7, 0.09, 0.07))
    p.paint(skin * 0.6, *[p.dot(p.vary(-0.5, 0.5), p.vary(-0.15, 0.2), 0.07) for _ in range(3)])
    p.paint(skin * 0.4, face.limb(0, 0.16, 0.38, 0.1, 0.025))  # mouth
    p.paint(p.colour(HORNS), face.dot(0.3, -0.28, 0.11))
    p.paint(p.colour(BLACK), face.ellipse(0.3, -0.28, 0.08, 0.05))


def draw_horse(p: Painter) -> None:
    """Strong body on long legs, thick neck with a mane, long head, flowing tail."""
    coat, mane = p.colour(BROWNS[:2] + FURS[4:] + WHITES[1:]), p.colour(BLACK + FURS[3:6])
    head = p.at(p.vary(0.55, 0.72), p.vary(-0.75, -0.35))
    _legs(p, coat, foot=0.9, width=0.085)
    p.paint(mane, p.limb(-0.66, -0.12, p.vary(-1.0, -0.8), 0.5, 0.07, 0.1))
    body = p.limb(-0.45, -0.02, 0.28, 0, p.vary(0.24, 0.29), p.vary(0.22, 0.27))
    muzzle, ear = head.limb(0, 0, 0.3, p.vary(0.2, 0.35), 0.14, 0.08), head.dot(0, -0.18, 0.06)
    p.paint(coat, body, head.limb(-0.3, 0.45, 0, 0, 0.23, 0.12), muzzle, ear)
    p.paint(mane, head.limb(-0.48, 0.3, -0.12, -0.08, 0.08))
    p.paint(p.colour(PAINTS), p.box(-0.08, -0.2, 0.16, 0.1), opacity=p.chance(0.35))  # saddle


def draw_ship(p: Painter) -> None:
    """Hull in the water, white superstructure with windows, funnel, mast."""
    deck, bow = p.vary(0.05, 0.2), p.vary(0, 0.12)
    house = p.at(p.vary(-0.45, 0.1), deck)
    width, height, mast = p.vary(0.3, 0.5), p.vary(0.15, 0.3), p.vary(0.25, 0.6)
    pole, yard = p.vary(-1.0, -0.6), house.limb(mast - 0.15, -0.45, mast + 0.15, -0.45, 0.02)
    p.paint(p.colour(GREYS) * 0.6, house.limb(mast, 0, mast, pole, 0.025), yard)
    p.paint(p.colour(PAINTS), house.box(-0.15, -2 * height - 0.1, 0.1, 0.22))  # funnel
    upper = house.box(0, -1.3 * height, 0.6 * width, 0.4 * height)
    p.paint(p.colour(WHITES), house.box(0, -height / 2, width, height / 2), upper)
    p.paint(p.colour(GLASS), house.box(0, -height / 2, 0.8 * width, 0.03))
    hull = p.polygon((-0.95, deck), (1.0, deck - bow), (0.72, 0.55), (-0.82, 0.55))
    p.paint(p.colour(PAINTS), hull)
    p.paint(p.colour(RED + GREYS), np.maximum(hull, 0.45 - p.y))  # its lowest part
    p.paint(p.colour(WHITES), p.limb(-0.95, 0.58, 0.85, 0.58, 0.035, 0.05), opacity=0.6)


def draw_truck(p: Painter) -> None:
    """High box, cab with a window in front of it, dark frame, three wheels."""
    _shadow(p, 0.72, 1.0)
    load, gap, roof = p.colour(WHITES + PAINTS), p.vary(0.25, 0.38), p.vary(-0.35, -0.1)
    p.paint(p.colour(BLACK), p.box(0, 0.42, 0.9, 0.08))
    top = p.vary(-0.75, -0.45)
    p.paint(load, p.polygon((-0.98, 0.36), (-0.98, top), (gap, top), (gap, 0.36)))
    p.paint(load * 0.7, p.box(-0.35, p.vary(-0.2, 0.2), 0.55, 0.05), opacity=p.chance(0.5))
    cab = p.at(gap, roof)
    rear, front = ((0.06, 0.75), (0.06, 0.0)), ((0.45, 0.0), (0.62, 0.4), (0.62, 0.75))
    p.paint(p.colour(PAINTS), np.maximum(cab.polygon(*rear, *front), p.y - 0.45))
    p.paint(p.colour(GLASS), cab.polygon((0.18, 0.33), (0.18, 0.09), (0.43, 0.09), (0.52, 0.33)))
    for x in (-0.75, p.vary(-0.4, -0.1), gap + 0.35):
        _wheel(p.at(0, 0.54), x, 0.17)
    p.paint(p.colour(PALE), p.dot(gap + 0.58, 0.3, 0.06))


def _shadow(p: Painter, y: float, width: float) -> None:
    """Darken the ground below a thing."""
    p.paint(p.colour(BLACK), p.ellipse(0, y, width, 0.10), opacity=0.4)


def _wheel(p: Painter, x: Number, radius: Number) -> None:
    """Black tyre and grey hub."""
    tyre = p.dot(x, 0, radius)
    p.paint(p.colour(BLACK), tyre)
    p.paint(p.colour(GREYS), tyre + 0.11)


def _legs(p: Painter, coat: np.ndarray, foot: float, width: float) -> None:
    """Four legs of an animal; the two on the far side are darker."""
    for shade in (0.65, 0.95):
        for x in (-0.47, 0.29):  # hip and shoulder
            p.paint(coat * shade, p.limb(x, 0.1, x + p.vary(-0.18, 0.18), foot, width))
