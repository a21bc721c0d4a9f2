"""What the check of the encoder takes, the rest of the notebooks take, too."""

import matplotlib.pyplot as plt
import pytest
import torch
from students.right_encoders import RIGHT

import workshop_utils as wu

# What these do on the side is their own affair.
MEDDLING = {"ChangesSettings", "PrintsAndWarns", "SeedsInside"}
# Their weights are in other pieces: they come back into their own class only.
IN_OTHER_PIECES = {"InOneVector", "OneFilterAtATime"}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("answer", [one for one in RIGHT if one.name not in MEDDLING], ids=str)
def test_an_encoder_that_is_right_can_be_shown_drawn_kept_and_loaded(answer, data, settings):
    encoder = answer.given(8, 16, 32)
    decoder = wu.ConvDecoder(8, 16, 32)
    images = torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        codes = encoder(images)  # lazy layers are made now
    wu.show_layers(encoder)
    wu.draw_autoencoder(encoder, decoder, "")
    plt.close("all")
    wu.save_run("autoencoder", wu.History(), data, settings, encoder=encoder, decoder=decoder)
    make = answer.given if answer.name in IN_OTHER_PIECES else wu.ConvEncoder
    loaded = make(8, 16, 32)
    wu.find_run("autoencoder", data, settings).load_into(encoder=loaded, decoder=decoder)
    with torch.no_grad():
        assert torch.allclose(loaded(images), codes, atol=1e-4)
