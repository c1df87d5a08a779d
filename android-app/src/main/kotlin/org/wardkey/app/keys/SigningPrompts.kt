package org.wardkey.app.keys

import org.wardkey.core.KeyFailure
import org.wardkey.core.SigningPrompt
import java.security.Signature

/** Has the person in front of the phone verified, for one signature. */
internal interface SigningPrompts {
    /**
     * Shows what is about to be signed and waits for finger, face or, where [pinAllowed], the screen lock's
     * PIN, pattern or password. Returns the signature that may now be made. Whoever cancels the coroutine
     * takes the prompt away.
     *
     * @throws KeyFailure when nobody was verified
     */
    suspend fun authenticate(signature: Signature, prompt: SigningPrompt, pinAllowed: Boolean): Signature
}
