package org.wardkey.app.provider

import org.wardkey.core.Use
import org.wardkey.core.UserInterface

/**
 * The person, after they chose a line in Android's selector. That was their consent: it showed site and
 * account, the lines are never taken automatically, and the prompt for the signature, which names both once
 * more and wants to be confirmed, is still to come. A third question in a row would only teach them to tap
 * through questions.
 */
internal class ChosenInSelector(private val screens: UserInterface) : UserInterface by screens {
    override suspend fun consent(purpose: Use, rpId: String, account: String) = Unit
}
