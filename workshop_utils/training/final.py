"""The last look at a trained network: on the test set, and counted."""

import torch
from torch import nn

from workshop_utils.files import DamagedError
from workshop_utils.networks.evaluation import predict, reconstruct, squared_error
from workshop_utils.say import say
from workshop_utils.training.runs import Keep, count_test


def open_test_set(keep: Keep, *networks: nn.Module) -> float:
    """Evaluate a trained network on the test set; the line that is printed says how often by now.

    The test set tells how good a network is on images that nothing was chosen by. It can do so
    once: whoever looks, changes something, and looks again has begun to choose by it. The count is
    kept with the finished run, and goes on when the network is trained anew.

    Args:
        keep: what the training was given; it knows the images and the run.
        networks: a classifier; or an encoder and a decoder.

    Returns:
        The fraction of test images classified correctly; for an autoencoder, the squared error per
        image.
    """
    loader = keep.data.test_loader()
    if len(networks) == 1:
        probabilities, labels = predict(networks[0], loader)
        each = (probabilities.argmax(dim=1) == labels).float()
        result, shown = "accuracy", "{:.1%} ± {:.1%}"
    else:
        encoder, decoder = networks
        each = torch.cat([squared_error(reconstruct(encoder, decoder, x), x) for x, _ in loader])
        result, shown = "squared error", "{:.2f} ± {:.2f}"
    mean, error = each.mean().item(), each.std().item() / len(each) ** 0.5
    try:
        n = count_test(keep.finished)
        opened = "for the first time" if n == 1 else f"{n} times by now; the first is what counts"
    except FileNotFoundError:
        opened = "and nobody counts, since there is no finished run in your folder"
    except (OSError, DamagedError) as why:
        opened = f"and nobody counts, since that cannot be noted ({why})"
    say(f"Test set, {result}: {shown.format(mean, error)} (standard error of {len(each):,} images)")
    say(f"It was opened for {keep.name!r} {opened}.")
    return mean
