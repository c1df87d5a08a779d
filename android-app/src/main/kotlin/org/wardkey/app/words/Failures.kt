package org.wardkey.app.words

import org.wardkey.core.Failure
import org.wardkey.core.PasskeyException

/** What happened, whichever of its kinds the exception is of. */
internal val PasskeyException.failure: Failure
    get() = when (this) {
        is PasskeyException.Cancelled -> failure
        is PasskeyException.Interrupted -> failure
        is PasskeyException.Excluded -> failure
        is PasskeyException.NoCredential -> failure
        is PasskeyException.NotAllowed -> failure
        is PasskeyException.Hardware -> failure
        is PasskeyException.Network -> failure
        is PasskeyException.Internal -> failure
    }
