"""A recurrent net learns to write Shakespeare: after 15 epochs it foretells 94 % of its text.

The text is here, six sonnets. The net sees 64 characters and is asked for the one that follows each
of them; then it writes by itself, each character drawn by the chances it gives. After one epoch it
writes "cela oe he, cuiw eo"; after ten it knows words and whole lines; after 30 most by heart.

python examples/characters.py                    # half a minute; prints what it writes meanwhile
python examples/characters.py --temperature 1    # bolder; near 0 it takes the likeliest always
"""

import argparse

import numpy as np

import autograd_lite as ag
import nn
from nn import layers

TEXT = """\
Shall I compare thee to a summer's day?
Thou art more lovely and more temperate:
Rough winds do shake the darling buds of May,
And summer's lease hath all too short a date:
Sometime too hot the eye of heaven shines,
And often is his gold complexion dimm'd;
And every fair from fair sometime declines,
By chance, or nature's changing course, untrimm'd;
But thy eternal summer shall not fade
Nor lose possession of that fair thou ow'st;
Nor shall Death brag thou wander'st in his shade,
When in eternal lines to time thou grow'st;
So long as men can breathe or eyes can see,
So long lives this, and this gives life to thee.

When, in disgrace with fortune and men's eyes,
I all alone beweep my outcast state,
And trouble deaf heaven with my bootless cries,
And look upon myself and curse my fate,
Wishing me like to one more rich in hope,
Featur'd like him, like him with friends possess'd,
Desiring this man's art and that man's scope,
With what I most enjoy contented least;
Yet in these thoughts myself almost despising,
Haply I think on thee, and then my state,
Like to the lark at break of day arising
From sullen earth, sings hymns at heaven's gate;
For thy sweet love remember'd such wealth brings
That then I scorn to change my state with kings.

When to the sessions of sweet silent thought
I summon up remembrance of things past,
I sigh the lack of many a thing I sought,
And with old woes new wail my dear time's waste:
Then can I drown an eye, unus'd to flow,
For precious friends hid in death's dateless night,
And weep afresh love's long since cancell'd woe,
And moan the expense of many a vanish'd sight:
Then can I grieve at grievances foregone,
And heavily from woe to woe tell o'er
The sad account of fore-bemoaned moan,
Which I new pay as if not paid before.
But if the while I think on thee, dear friend,
All losses are restor'd and sorrows end.

That time of year thou mayst in me behold
When yellow leaves, or none, or few, do hang
Upon those boughs which shake against the cold,
Bare ruin'd choirs, where late the sweet birds sang.
In me thou see'st the twilight of such day
As after sunset fadeth in the west,
Which by and by black night doth take away,
Death's second self, that seals up all in rest.
In me thou see'st the glowing of such fire
That on the ashes of his youth doth lie,
As the death-bed whereon it must expire,
Consum'd with that which it was nourish'd by.
This thou perceiv'st, which makes thy love more strong,
To love that well which thou must leave ere long.

Let me not to the marriage of true minds
Admit impediments. Love is not love
Which alters when it alteration finds,
Or bends with the remover to remove:
O no! it is an ever-fixed mark
That looks on tempests and is never shaken;
It is the star to every wandering bark,
Whose worth's unknown, although his height be taken.
Love's not Time's fool, though rosy lips and cheeks
Within his bending sickle's compass come;
Love alters not with his brief hours and weeks,
But bears it out even to the edge of doom.
If this be error and upon me proved,
I never writ, nor no man ever loved.

My mistress' eyes are nothing like the sun;
Coral is far more red than her lips' red;
If snow be white, why then her breasts are dun;
If hairs be wires, black wires grow on her head.
I have seen roses damask'd, red and white,
But no such roses see I in her cheeks;
And in some perfumes is there more delight
Than in the breath that from my mistress reeks.
I love to hear her speak, yet well I know
That music hath a far more pleasing sound;
I grant I never saw a goddess go;
My mistress, when she walks, treads on the ground:
And yet, by heaven, I think my love as rare
As any she belied with false compare.

"""
LENGTH = 64

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--epochs", type=int, default=15)
parser.add_argument("--temperature", type=float, default=0.6)
parser.add_argument("--quick", action="store_true", help="one epoch, a few characters")
arguments = parser.parse_args()
if arguments.quick:
    arguments.epochs = 1

letters = sorted(set(TEXT))
text = np.array([letters.index(letter) for letter in TEXT])
windows = np.lib.stride_tricks.sliding_window_view(text, LENGTH + 1)[::3]
x, y = windows[:, :-1], windows[:, 1:]

ag.set_seed(0)
model = nn.Sequential(
    [
        layers.Embedding(len(letters), 32),
        layers.GRU(128, return_sequences=True),
        layers.Dropout(0.2),
        layers.Dense(len(letters)),
    ]
)
model.compile(
    nn.optimizers.Adam(learning_rate=3e-3, clipnorm=1.0),
    nn.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)


def write(start, count):
    """`start`, and so many characters more."""
    written = [letters.index(letter) for letter in start]
    for _ in range(count):
        scores = model.predict_on_batch(np.array([written[-LENGTH:]]))[0, -1]
        chances = np.exp((scores - scores.max()) / arguments.temperature)
        chances /= chances.sum()
        written.append(ag.random.generator().choice(len(letters), p=chances))
    return "".join(letters[i] for i in written)


def show(epoch, logs):
    """Print a line of what the net writes, every few epochs."""
    if (epoch + 1) % 5 == 0 or epoch == 0:
        line = write("\n", 60).strip().replace("\n", " / ")
        print(f"epoch {epoch + 1:2}, loss {logs['loss']:.3f}, {logs['accuracy']:.0%} right: {line}")


model.fit(
    x,
    y,
    batch_size=32,
    epochs=arguments.epochs,
    callbacks=[nn.callbacks.LambdaCallback(on_epoch_end=show)],
    verbose=0,
)
print(write("My love is ", 20 if arguments.quick else 500))
