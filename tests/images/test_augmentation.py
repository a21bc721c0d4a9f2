import torch

import workshop_utils as wu

N = 400


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_every_image_is_one_that_flipping_and_moving_can_make():
    torch.manual_seed(0)
    images = torch.rand(1, 3, 6, 6)
    padded = torch.nn.functional.pad(images, [2] * 4, mode="reflect")
    possible = [
        moved if not is_flipped else moved.flip(3)
        for is_flipped in (False, True)
        for top in range(5)
        for left in range(5)
        for moved in [padded[:, :, top : top + 6, left : left + 6]]
    ]
    made = wu.augment(images.expand(N, -1, -1, -1), generator(), reach=2)
    which = [[torch.equal(image, one[0]) for one in possible] for image in made]
    assert all(map(any, which))
    assert {found.index(True) for found in which} == set(range(50))  # and each of them comes


def test_each_image_is_treated_by_itself_and_anew_each_time():
    images = torch.rand(1, 3, 32, 32).expand(8, -1, -1, -1)
    draws = generator()
    once, again = (wu.augment(images, draws, reach=4) for _ in range(2))
    assert once.shape == images.shape
    assert len({image.sum().item() for image in once}) > 1
    assert not torch.equal(once, again)
    assert torch.equal(once, wu.augment(images, generator(), reach=4))
